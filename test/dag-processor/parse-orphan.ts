// Run by a test, and killed by it: parses the folder that it is given.
import { parseFolder } from '../../orchestrator/dag-processor/parse-folder.ts'

await parseFolder(process.argv[2] ?? '')
