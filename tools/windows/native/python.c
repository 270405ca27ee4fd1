/* python.exe and pythonw.exe of the runtime for tests: hand the command line to the interpreter beside this file.
   A release has those of python.org, which are signed. INTERPRETER is the library's name. */
#include <windows.h>
#include <stdlib.h>

typedef int (*Main)(int, wchar_t **);

static int run(int argc, wchar_t **argv)
{
    Main main = (Main)(void *)GetProcAddress(LoadLibraryW(INTERPRETER), "Py_Main");
    return main ? main(argc, argv) : 127;
}

#ifdef WINDOWED
int WINAPI wWinMain(HINSTANCE instance, HINSTANCE previous, PWSTR line, int show)
{
    (void)instance, (void)previous, (void)line, (void)show;
    return run(__argc, __wargv);
}
#else
int wmain(int argc, wchar_t **argv)
{
    return run(argc, argv);
}
#endif
