using Spectre.Console;

namespace Federation.Harness.Verbs;

/// <summary>The console as its reader needs it: colours on a terminal, plain and wide lines in a file or a pipe.</summary>
internal static class PlainConsole
{
    private const int Width = 180;

    internal static IAnsiConsole ForOutput()
    {
        if (!Console.IsOutputRedirected) return AnsiConsole.Console;
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Interactive = InteractionSupport.No });
        console.Profile.Width = Width;
        return console;
    }
}
