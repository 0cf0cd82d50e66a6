using Federation.Cli.Commands;

namespace Federation.Cli.Buying;

/// <summary>Asks before money moves or something ends: a person is asked, a program has to have said yes.</summary>
internal static class Confirmation
{
    /// <exception cref="CliException">Nobody said yes.</exception>
    public static void Require(Call call, bool isGiven, string question)
    {
        if (isGiven) return;
        if (!call.Here.IsTerminal) throw new CliException(ExitCodes.Usage, $"{question} Nobody is there to ask: say --yes.");
        call.Here.Error.Write($"{question} [y/N] ");
        if (call.Here.In.ReadLine()?.Trim() is not ("y" or "Y" or "yes")) throw new CliException(ExitCodes.Failed, "Nothing was done.");
    }
}
