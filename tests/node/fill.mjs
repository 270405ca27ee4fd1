// Opens a form, types into it and saves it, as a program built on ExcelJS or SheetJS does.
//
//   node fill.mjs PROGRAM IN OUT TYPED
//
// PROGRAM: exceljs, sheetjs, sheetjs-dates (dates kept as dates instead of numbers); with "-local" at the end, dates are
// midnights of this computer's time zone, as careless programs have them, and not of UTC.
// TYPED: a JSON list of [sheet, cell, value]; a value is a string, a number, a boolean or {"date": "2026-04-10"}.
// The ending of OUT says the format; ExcelJS writes .xlsx only.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const [program, from, to, typedFile] = process.argv.slice(2);
const local = program.endsWith("-local");
const typed = JSON.parse(readFileSync(typedFile, "utf-8"));

function understood(value) {
  return value?.date ? new Date(`${value.date}T00:00:00${local ? "" : "Z"}`) : value;
}

async function withExcelJs() {
  const ExcelJS = require("exceljs");
  const book = new ExcelJS.Workbook();
  await book.xlsx.readFile(from);
  for (const [sheet, cell, value] of typed) book.getWorksheet(sheet).getCell(cell).value = understood(value);
  await book.xlsx.writeFile(to);
}

function withSheetJs(dates) {
  const XLSX = require("@e965/xlsx");
  const options = { ...dates, UTC: !local };
  const book = XLSX.readFile(from, { cellStyles: true, cellNF: true, ...options });
  for (const [sheet, cell, value] of typed)
    XLSX.utils.sheet_add_aoa(book.Sheets[sheet], [[understood(value)]], { origin: cell, dateNF: "dd/mm/yyyy", ...options });
  XLSX.writeFile(book, to, { compression: true, ...options });
}

if (program.startsWith("exceljs")) await withExcelJs();
else withSheetJs(program.startsWith("sheetjs-dates") ? { cellDates: true } : {});
