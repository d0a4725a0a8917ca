// 300 tasks: stages of 25, each task after one of the stage before.

import { defineDag } from '../../../orchestrator/sdk/index.ts'

const STAGES = 12
const WIDTH = 25

export default defineDag(
  { id: 'wide', description: '300 small tasks.', schedule: null, tags: ['browser'] },
  (dag) => {
    for (let lane = 1; lane <= WIDTH; lane++) {
      let before = dag.task(`stage_01_lane_${lane}`, () => null)
      for (let stage = 2; stage <= STAGES; stage++) {
        const id = `stage_${String(stage).padStart(2, '0')}_lane_${lane}`
        before = dag.task(id, () => null).after(before)
      }
    }
  },
)
