// The live page: asks /status every two seconds and draws the answer anew. Every value from the
// server becomes a text node, never markup. When the server does not answer, the last state stays,
// dimmed, and the page goes on asking.

const EVERY_MS = 2_000
const GIVE_UP_AFTER_MS = 8_000
let answeredAt = 0

const byId = (id) => document.getElementById(id)

/** An element with text or elements in it. */
function element(tag, { state, label, title, className } = {}, ...children) {
  const made = document.createElement(tag)
  if (state) made.dataset.state = state
  if (label) made.dataset.label = label
  if (title) made.title = title
  if (className) made.className = className
  made.append(...children.filter((child) => child !== null && child !== undefined))
  return made
}

function fill(id, items, draw, whenEmpty) {
  const parent = byId(id)
  const empty = parent.tagName === 'TBODY' ? emptyRow(whenEmpty) : element('li', {}, whenEmpty)
  parent.replaceChildren(...(items.length > 0 ? items.map(draw) : [empty]))
}

function emptyRow(text) {
  const cell = element('td', { className: 'muted' }, text)
  cell.colSpan = 5
  return element('tr', {}, cell)
}

function time(iso) {
  return iso ? iso.slice(0, 19).replace('T', ' ') : ''
}

function duration(seconds) {
  if (seconds === null) return ''
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
}

function drawEngine(engine) {
  return element(
    'li',
    {},
    element(
      'strong',
      { state: engine.ok ? 'ok' : 'bad' },
      `${engine.role}: ${engine.ok ? 'ok' : 'not reached'}`,
    ),
    element('span', {}, engine.version ?? ''),
    element('span', { className: 'muted' }, `${engine.address} (${engine.source})`),
    engine.problem ? element('span', { state: 'bad' }, engine.problem) : null,
  )
}

function drawProcess(process) {
  return element(
    'li',
    {},
    element('strong', { state: process.state }, `${process.kind}: ${process.state}`),
    element(
      'span',
      { className: 'muted' },
      `${process.hostname}, pid ${process.pid}, seen ${time(process.last_heartbeat)}`,
    ),
  )
}

function drawError(error) {
  const place = error.line === null ? error.file : `${error.file}:${error.line}`
  return element(
    'li',
    {},
    element('strong', { state: 'bad' }, place),
    element('span', {}, error.message),
  )
}

function drawDag(dag) {
  const counts = Object.entries(dag.counts).filter(([, n]) => n > 0)
  const lastState = dag.last_run_state ?? undefined
  return element(
    'tr',
    {},
    element(
      'td',
      { title: dag.description ?? '' },
      element('strong', {}, dag.dag_id),
      dag.is_paused ? element('span', { state: 'paused' }, ' paused') : null,
      dag.has_import_errors ? element('span', { state: 'bad' }, ' does not load') : null,
    ),
    element('td', { label: 'Schedule' }, dag.schedule),
    element('td', { label: 'Last run', state: lastState }, dag.last_run_state ?? ''),
    element('td', { label: 'Next run' }, time(dag.next_run_after)),
    element('td', { label: 'Runs' }, counts.map(([state, n]) => `${n} ${state}`).join(', ')),
  )
}

function drawRun(run) {
  return element(
    'tr',
    {},
    element('td', { state: run.state }, run.state),
    element('td', { label: 'DAG' }, run.dag_id),
    element('td', { label: 'Run' }, run.run_id),
    element('td', { label: 'Started' }, time(run.started_at)),
    element('td', { label: 'Duration' }, duration(run.duration)),
  )
}

function draw(status) {
  byId('version').textContent = status.version
  byId('problem').textContent = status.problem ?? ''
  byId('problem').hidden = status.problem === null
  fill('engines', status.engines, drawEngine, 'No engine reported.')
  if (status.problem !== null) return
  fill('processes', status.processes, drawProcess, 'No process is alive.')
  byId('errors-section').hidden = status.import_errors.length === 0
  fill('errors', status.import_errors, drawError, '')
  fill('dags', status.dags, drawDag, 'No DAG is registered yet.')
  fill('runs', status.runs, drawRun, 'No run yet.')
}

function showConnection(lost) {
  const connection = byId('connection')
  connection.dataset.state = lost ? 'lost' : 'ok'
  const since = answeredAt ? `, last answer ${time(new Date(answeredAt).toISOString())}` : ''
  connection.textContent = lost ? `connection lost${since}; trying again` : 'live'
  document.body.classList.toggle('stale', lost)
}

async function refresh() {
  try {
    const response = await fetch('/status', { signal: AbortSignal.timeout(GIVE_UP_AFTER_MS) })
    if (!response.ok) throw new Error(`status ${response.status}`)
    draw(await response.json())
    answeredAt = Date.now()
    showConnection(false)
  } catch {
    showConnection(true)
  }
}

async function live() {
  // A hidden tab asks nothing; it catches up when it is looked at.
  if (!document.hidden) await refresh()
  setTimeout(live, EVERY_MS)
}

document.addEventListener('visibilitychange', () => {
  if (!document.hidden) refresh()
})
live()
