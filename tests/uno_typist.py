"""Runs under the system's Python (python3-uno): one LibreOffice, kept running, that converts and types as it is told.

`uno_typist.py SOFFICE PROFILE`; each line of stdin is an order in JSON (see tests.office), each is answered by a line:
"null", or what went wrong. Typing goes through the dispatcher, as keys do: setting `cell.String` would write into
locked cells too (pitfalls.md 9).
"""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import time
from typing import Any

import uno
from com.sun.star.beans import NamedValue, PropertyValue
from com.sun.star.connection import NoConnectException
from com.sun.star.lang import DisposedException

WAIT = 90
"""Seconds until LibreOffice must answer: a first start with a new profile on a busy machine takes long."""


def prop(name: str, value: object) -> Any:  # noqa: ANN401 - a UNO struct
    item = PropertyValue()
    item.Name, item.Value = name, value
    return item


def secret(filter_name: str, password: str) -> Any:  # noqa: ANN401 - a UNO struct
    """The password, as the filter of .xlsx takes it or as the others do."""
    if filter_name != "Calc MS Excel 2007 XML":
        return prop("Password", password)
    items = []
    for name, value in (("OOXPassword", password), ("CryptoType", "Standard")):
        item = NamedValue()
        item.Name, item.Value = name, value
        items.append(item)
    return prop("EncryptionData", uno.Any("[]com.sun.star.beans.NamedValue", tuple(items)))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def connect(port: int, process: subprocess.Popen[bytes]) -> Any:  # noqa: ANN401 - a UNO object
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    until = time.monotonic() + WAIT
    while True:
        try:
            return resolver.resolve(f"uno:socket,host=127.0.0.1,port={port};urp;StarOffice.ComponentContext")
        except NoConnectException:
            if time.monotonic() > until or process.poll() not in (None, 81):
                raise
            time.sleep(0.2)


def type_entries(context: Any, document: Any, entries: list[list[str]]) -> None:  # noqa: ANN401 - UNO objects
    manager = context.ServiceManager
    dispatcher = manager.createInstanceWithContext("com.sun.star.frame.DispatchHelper", context)
    controller = document.CurrentController
    for sheet, address, text in entries:
        controller.setActiveSheet(document.Sheets.getByName(sheet))
        for command, name, value in ((".uno:GoToCell", "ToPoint", address), (".uno:EnterString", "StringName", text)):
            dispatcher.executeDispatch(controller.Frame, command, "", 0, (prop(name, value),))


def dispatch(context: Any, document: Any, command: str, **arguments: str) -> None:  # noqa: ANN401 - UNO objects
    dispatcher = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.DispatchHelper", context)
    properties = tuple(prop(name, value) for name, value in arguments.items())
    dispatcher.executeDispatch(document.CurrentController.Frame, command, "", 0, properties)


def go(context: Any, document: Any, sheet: str, address: str) -> None:  # noqa: ANN401 - UNO objects
    document.CurrentController.setActiveSheet(document.Sheets.getByName(sheet))
    dispatch(context, document, ".uno:GoToCell", ToPoint=address)


def paste_entries(context: Any, desktop: Any, document: Any, pasted: list[list[str]]) -> None:  # noqa: ANN401
    """Each text is copied from a cell of a new workbook, with its formats, and pasted."""
    if not pasted:
        return
    source = desktop.loadComponentFromURL("private:factory/scalc", "_blank", 0, (prop("Hidden", True),))
    for sheet, address, text in pasted:
        source.Sheets.getByIndex(0).getCellRangeByName("A1").String = text
        dispatch(context, source, ".uno:GoToCell", ToPoint="A1")
        dispatch(context, source, ".uno:Copy")
        go(context, document, sheet, address)
        dispatch(context, document, ".uno:Paste")
    source.close(True)


def move_cells(context: Any, document: Any, moved: list[list[str]]) -> None:  # noqa: ANN401 - UNO objects
    """Each cell is cut and pasted over another."""
    for sheet, origin, target in moved:
        go(context, document, sheet, origin)
        dispatch(context, document, ".uno:Cut")
        go(context, document, sheet, target)
        dispatch(context, document, ".uno:Paste")


def typed(context: Any, document: Any, order: dict[str, Any]) -> None:  # noqa: ANN401 - UNO objects
    """Pastes, types, moves; saves the locked copies."""
    desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    paste_entries(context, desktop, document, order["pasted"])
    type_entries(context, document, order["entries"])
    move_cells(context, document, order["moved"])
    for target, filter_name in order["copies"]:
        document.storeToURL(target, (prop("FilterName", filter_name), secret(filter_name, order["password"])))


def obey(context: Any, order: dict[str, Any]) -> None:  # noqa: ANN401 - a UNO object
    """Opens a file, types into it where that is wanted, saves it under another name."""
    desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    # hidden, else LibreOffice aborts without a display; its dispatcher is there all the same
    document = desktop.loadComponentFromURL(order["file"], "_blank", 0, (prop("Hidden", True),))
    if document is None:
        raise RuntimeError("could not be opened")
    try:
        if "entries" in order:
            typed(context, document, order)
        filter_name = order["filter"]
        if filter_name == "calc_pdf_Export" and document.supportsService("com.sun.star.text.TextDocument"):
            filter_name = "writer_pdf_Export"
        document.storeToURL(order["out"], (prop("FilterName", filter_name),))
    finally:
        with contextlib.suppress(DisposedException):  # after typing it may abort, and by then the copy is saved
            document.close(True)


def answer(context: Any, line: bytes) -> str | None:  # noqa: ANN401 - a UNO object
    """What went wrong with an order, if anything did."""
    try:
        obey(context, json.loads(line))
    except DisposedException:
        raise
    except Exception as error:  # whatever UNO raises is told to the test
        return f"{type(error).__name__}: {error}"
    return None


def main() -> None:
    program, profile = sys.argv[1:]
    port = free_port()
    command = [program, f"-env:UserInstallation={profile}", "--headless", "--norestore", "--nologo"]
    command.append(f"--accept=socket,host=127.0.0.1,port={port};urp;")
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)
    try:
        context = connect(port, process)
        for line in sys.stdin.buffer:
            print(json.dumps(answer(context, line)), flush=True)
        desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
        desktop.terminate()
        process.wait(timeout=10)
    except (DisposedException, subprocess.TimeoutExpired) as error:
        print(json.dumps(f"LibreOffice is gone: {error}"), flush=True)
    finally:
        if process.poll() is None:
            process.kill()


if __name__ == "__main__":
    main()
