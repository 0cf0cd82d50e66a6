using System.Globalization;
using Spectre.Console;

namespace Federation.Harness.Verbs;

/// <summary>Prints each step on a line when it is done; on a terminal, also what is being waited for.</summary>
internal sealed class ConsoleProgress(IAnsiConsole console) : IProgress<Step>
{
    private readonly Lock gate = new();
    private readonly List<string> waiting = [];

    public void Report(Step value)
    {
        lock (gate)
        {
            var step = $"{value.Where}: {value.What}";
            var isBegin = value.Took is null;
            if (isBegin) waiting.Add(step);
            else waiting.Remove(step);
            Show(isBegin ? null : string.Create(CultureInfo.InvariantCulture, $"  {value.Where,-10} {value.What} ready after {value.Took!.Value.TotalSeconds:0.0} s"),
                isBegin && value.Where == "federation" ? value.What : null);
        }
    }

    private void Show(string? done, string? message)
    {
        var isTerminal = console.Profile.Capabilities.Ansi && console.Profile.Out.IsTerminal;
        if (isTerminal) console.Write(new ControlCode("\r\u001b[2K"));
        if ((done ?? message) is { } line) console.WriteLine(line);
        if (isTerminal && waiting.Count > 0)
        {
            var text = $"  waiting for {string.Join(", ", waiting)}";
            console.Write(new ControlCode(text.Length < console.Profile.Width ? text : text[..(console.Profile.Width - 1)]));
        }
    }
}
