import type { Command } from '../../orchestrator/cli/commands.ts'
import { defineQuarantineList } from './quarantine-list.ts'
import { defineQuarantineReplay } from './quarantine-replay.ts'
import { defineQuarantineShow } from './quarantine-show.ts'

export function define(quarantine: Command): void {
  defineQuarantineList(quarantine)
  defineQuarantineShow(quarantine)
  defineQuarantineReplay(quarantine)
}
