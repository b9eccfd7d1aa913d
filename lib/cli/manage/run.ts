/** Running a program of commands to its exit status. */
import { Command, CommanderError } from 'commander'
import { problemsOf, versionOf } from '../process.ts'

/** A program that can be given commands or an action. */
export function programOf(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .version(versionOf(), '--version', 'print the version and exit')
    .helpOption('--help', 'print this text and exit')
    .exitOverride()
    .addHelpText('after', '\nExit status: 0 done, 1 it failed, 2 the command line is wrong.')
}

/** Runs it with the arguments of the process, to the exit status. */
export async function run(program: Command): Promise<number> {
  try {
    await program.parseAsync(process.argv)
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    for (const line of problemsOf(error)) process.stderr.write(`${program.name()}: ${line}\n`)
    return 1
  }
}
