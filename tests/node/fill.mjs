// Opens a form, types into it and saves it, as programs built on ExcelJS or SheetJS do, one after the other.
//
//   node fill.mjs IN TYPED PROGRAM OUT [PROGRAM OUT ...]
//
// PROGRAM: exceljs, sheetjs, sheetjs-dates (dates kept as dates instead of numbers); with "-local" at the end, dates are
// midnights of this computer's time zone, as careless programs have them, and not of UTC.
// TYPED: a JSON list of [sheet, cell, value]; a value is a string, a number, a boolean or {"date": "2026-04-10"}.
// The ending of OUT says the format; ExcelJS writes .xlsx only.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const [from, typedFile, ...wanted] = process.argv.slice(2);
const typed = JSON.parse(readFileSync(typedFile, "utf-8"));

function understood(value, local) {
  return value?.date ? new Date(`${value.date}T00:00:00${local ? "" : "Z"}`) : value;
}

async function withExcelJs(to, local) {
  const ExcelJS = require("exceljs");
  const book = new ExcelJS.Workbook();
  await book.xlsx.readFile(from);
  for (const [sheet, cell, value] of typed) book.getWorksheet(sheet).getCell(cell).value = understood(value, local);
  await book.xlsx.writeFile(to);
}

function withSheetJs(to, local, dates) {
  const XLSX = require("@e965/xlsx");
  const options = { ...dates, UTC: !local };
  const book = XLSX.readFile(from, { cellStyles: true, cellNF: true, ...options });
  for (const [sheet, cell, value] of typed)
    XLSX.utils.sheet_add_aoa(book.Sheets[sheet], [[understood(value, local)]], { origin: cell, dateNF: "dd/mm/yyyy", ...options });
  XLSX.writeFile(book, to, { compression: true, ...options });
}

for (let at = 0; at < wanted.length; at += 2) {
  const [program, to] = wanted.slice(at, at + 2);
  const local = program.endsWith("-local");
  if (program.startsWith("exceljs")) await withExcelJs(to, local);
  else withSheetJs(to, local, program.startsWith("sheetjs-dates") ? { cellDates: true } : {});
}
