// A request as multipart/form-data: fields count as if they stood in the address, and files are tables
// of this one query (`name_structure` or `name_types`, and `name_format`, describe them).

import { ClickHouseError } from './clickhouse-error.ts'

export interface ExternalTable {
  name: string
  /** Columns as in CREATE TABLE. */
  structure: string
  format: string
  data: Buffer
}

export interface RequestForm {
  /** The request's own address with the fields of the form. */
  url: URL
  tables: ExternalTable[]
}

/** A server keeps such tables in memory too. */
const mostBytes = 128 * 1024 * 1024

export function isForm(contentType: string | undefined): boolean {
  return /^multipart\/form-data\b/i.test(contentType ?? '')
}

/** @throws ClickHouseError when it is no form, too large, or a table is not described. */
export async function readForm(
  body: AsyncIterable<Buffer>,
  contentType: string,
  address: URL,
): Promise<RequestForm> {
  const form = await parse(await bounded(body), contentType)
  const url = new URL(address)
  const files: [string, File][] = []
  for (const [name, value] of form) {
    if (typeof value === 'string') url.searchParams.append(name, value)
    else files.push([name, value])
  }
  const tables: ExternalTable[] = []
  for (const [name, file] of files) {
    const take = (suffix: string) => {
      const value = url.searchParams.get(`${name}_${suffix}`)
      url.searchParams.delete(`${name}_${suffix}`)
      return value
    }
    const [structure, types, format] = [take('structure'), take('types'), take('format')]
    if (!structure && !types) throw invalid(`table ${name} has neither _structure nor _types`)
    tables.push({
      name,
      structure: structure || numbered(types!),
      format: format || 'TabSeparated',
      data: Buffer.from(await file.arrayBuffer()),
    })
  }
  return { url, tables }
}

async function bounded(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of body) {
    size += part.length
    if (size > mostBytes) {
      throw new ClickHouseError(
        307,
        'TOO_MANY_BYTES',
        `A form may have ${mostBytes} bytes: load the data into a table instead`,
        { status: 413 },
      )
    }
    parts.push(part)
  }
  return Buffer.concat(parts)
}

async function parse(body: Buffer, contentType: string): Promise<FormData> {
  try {
    return await new Response(body, { headers: { 'content-type': contentType } }).formData()
  } catch (cause) {
    throw invalid(cause instanceof Error ? cause.message : String(cause))
  }
}

/** `UInt8, Array(Tuple(String, Int8))` becomes `_1 UInt8, _2 Array(…)`. */
function numbered(types: string): string {
  let depth = 0
  let column = 1
  let text = '_1 '
  for (const character of types) {
    if (character === '(') depth += 1
    if (character === ')') depth -= 1
    text += character === ',' && depth === 0 ? `, _${++column} ` : character
  }
  return text
}

function invalid(why: string): ClickHouseError {
  return new ClickHouseError(
    36,
    'BAD_ARGUMENTS',
    `The form of the request cannot be read: ${why}`,
    {
      status: 400,
    },
  )
}
