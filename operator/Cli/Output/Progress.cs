using Spectre.Console;

namespace Federation.Cli.Output;

/// <summary>What goes on, to standard error: moving on a terminal, lines elsewhere; never among the data.</summary>
internal sealed class Progress(Surroundings here, bool isQuiet)
{
    private readonly IAnsiConsole? console = isQuiet || !here.IsTerminal ? null : AnsiConsole.Create(new AnsiConsoleSettings
    {
        Out = new AnsiConsoleOutput(here.Error),
        Ansi = here.Variable("TERM") switch { null or "" => AnsiSupport.Detect, "dumb" => AnsiSupport.No, _ => AnsiSupport.Yes },
        // no-color.org: whatever its value.
        ColorSystem = here.Variable("NO_COLOR") is { Length: > 0 } ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
    });

    private string said = "";

    /// <summary>A step that was taken.</summary>
    public void Done(string what)
    {
        if (isQuiet) return;
        if (console is null) here.Error.WriteLine(what);
        else console.MarkupLineInterpolated($"[green]✓[/] {what}");
    }

    /// <summary>What somebody should see to, although the work goes on; said in any case.</summary>
    public void Warn(string what)
    {
        if (console is null) here.Error.WriteLine($"warning: {what}");
        else console.MarkupLineInterpolated($"[yellow]warning:[/] {what}");
    }

    /// <summary>Waits for something; what it waits for at the moment is said once each.</summary>
    public async Task<T> WhileAsync<T>(string what, Func<Action<string>, Task<T>> work)
    {
        if (isQuiet) return await work(_ => { });
        if (console is null)
        {
            Line(what);
            return await work(Line);
        }

        return await console.Status().StartAsync(Markup.Escape(what), context => work(now => context.Status = Markup.Escape(now)));
    }

    private void Line(string now)
    {
        if (now != said) here.Error.WriteLine(now);
        said = now;
    }
}
