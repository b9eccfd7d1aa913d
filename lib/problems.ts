/** Everything that is wrong with what an operator has written, a line each. */
export class Problems extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}
