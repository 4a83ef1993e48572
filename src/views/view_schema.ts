/**
 * The parts of views' schemas: they say what a daemon's answer must be, and the types of views derive from them. An
 * answer may have more keys, from a newer daemon: they are left as they are.
 */
import * as v from "valibot";

export const string = v.string();
export const stringOrNull = v.nullable(string);
export const number = v.number();
export const numberOrNull = v.nullable(number);

/** A list that nobody changes. */
export function rows<Row extends v.GenericSchema>(row: Row) {
  return v.pipe(v.array(row), v.readonly());
}

/** One of some words, of which a newer daemon may know more: those that this one knows are given as examples. */
export function word<Word extends string>(known: readonly Word[] = []): v.GenericSchema<Word> {
  const schema = known.length === 0 ? string : v.pipe(string, v.examples([...known]));
  return schema as unknown as v.GenericSchema<Word>;
}

/** A key that a daemon of 0.3.0 does not send. */
export function since0_4<Schema extends v.GenericSchema>(schema: Schema) {
  return v.optional(schema);
}
