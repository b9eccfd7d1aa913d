/** How many letters must be added, dropped or replaced to make one word the other. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [index, letter] of [...one].entries()) {
    const next = [index + 1]
    for (let column = 1; column <= other.length; column++) {
      const replaced = (row[column - 1] ?? 0) + (letter === other[column - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[other.length] ?? 0
}

/** The name that was probably meant, if one is close: two letters or a third of them may be wrong; case and hyphens do not count. */
export function nearest(word: string, names: Iterable<string>): string | null {
  const plain = (name: string) => name.toLowerCase().replaceAll('-', '_')
  let best: { name: string; far: number } | null = null
  for (const name of names) {
    const far = distance(plain(word), plain(name))
    if (far <= Math.min(word.length / 2, Math.max(2, name.length / 3)) && far < (best?.far ?? Infinity)) best = { name, far }
  }
  return best?.name ?? null
}
