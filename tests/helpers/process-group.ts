/** Groups of processes that tests start: none of them outlives the process that started it, however that ends. */
const running = new Set<number>()

/** Takes the group that a detached child leads into care. */
export function watchGroup(leader: number | undefined): void {
  if (leader !== undefined) running.add(leader)
}

/** Says that a group has ended, so that its number may come to mean another. */
export function forgetGroup(leader: number | undefined): void {
  if (leader !== undefined) running.delete(leader)
}

/** Sends all processes of a group a signal at the same moment. */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal)
  } catch {
    // It is gone already.
  }
}

function killAll(): void {
  for (const leader of running) signalGroup(leader, 'SIGKILL')
}

process.on('exit', killAll)
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.once(signal, () => {
    killAll()
    process.kill(process.pid, signal)
  })
}
