@echo off
rem Mo trang lam viec NQ57 trong trinh duyet.
rem ASCII only and no name of a folder in it: cmd reads this file in whatever code page the computer has.
setlocal
if not exist "%~dp0python\pythonw.exe" goto packed
start "NQ57" "%~dp0python\pythonw.exe" -B -X utf8 -m make_shortcuts
start "NQ57" "%~dp0python\pythonw.exe" -B -X utf8 -m nq57xl serve
exit /b 0

:packed
echo.
echo   Chua giai nen: hay bam chuot phai vao tep zip, chon "Extract All..." (Giai nen tat ca),
echo   roi mo NQ57.cmd trong thu muc vua giai nen. Xem them HUONG-DAN.html.
echo.
pause
exit /b 1
