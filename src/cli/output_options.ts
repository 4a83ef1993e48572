/** The options for how something is printed; for lists also which part of them, and how often. */
import { InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { parseSortOrder, type SortOrder } from "../views/tables/choose_rows.ts";
import { durationArgument } from "./arguments.ts";
import { outputFormats } from "./output_format.ts";

export interface ListChoice {
  /** Not given: as the list is sorted. */
  readonly sort?: SortOrder;
  /** Names of columns; not given: the usual ones. */
  readonly columns?: readonly string[];
}

export function formatOption<const Formats extends readonly ["text", ...string[]]>(
  formats: Formats,
  about = "how to print it",
) {
  return new Option("-o, --output <format>", about).choices(formats).default("text" as const);
}

export function documentOption() {
  return formatOption(["text", "json", "yaml"]);
}

export function outputOption() {
  return new Option("-o, --output <format>", "how to print it; name: only the ids").choices(outputFormats)
    .default("table" as const);
}

export function sortOption() {
  return new Option("--sort <column>", "sort by a column; -COLUMN: in descending order")
    .argParser((text): SortOrder => {
      const order = parseSortOrder(text);
      if (order.by.trim() === "") throw new InvalidArgumentError("Expected a column, such as age or -age.");
      return order;
    });
}

export function columnsOption() {
  return new Option("--columns <names>", "only these columns, in this order: id,state,age")
    .argParser((text): readonly string[] => {
      const names = text.split(",").map((name) => name.trim()).filter((name) => name !== "");
      if (names.length === 0) throw new InvalidArgumentError("Expected names of columns, such as id,state.");
      return names;
    });
}

export function watchOption() {
  return new Option("--watch [seconds]", "draw it repeatedly, by default every 2 seconds")
    .argParser(durationArgument);
}
