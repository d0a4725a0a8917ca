/** Airflow's shape has one text for both; Terrace begins it with the line when it knows one. */
export function splitImportError(text: string): { line: number | null; message: string } {
  const found = /^line (\d+): (.*)$/s.exec(text)
  return found ? { line: Number(found[1]), message: found[2]! } : { line: null, message: text }
}
