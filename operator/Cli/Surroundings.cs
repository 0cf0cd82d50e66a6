namespace Federation.Cli;

/// <summary>What a command gets from the machine, so that tests can give it something else.</summary>
/// <param name="Variable">Environment variables.</param>
/// <param name="Home">The user's folder.</param>
/// <param name="IsTerminal">Somebody sits before it: questions may be asked, and progress may move.</param>
internal sealed record Surroundings(TextReader In, TextWriter Out, TextWriter Error, Func<string, string?> Variable, string Home, bool IsTerminal, TimeProvider Clock)
{
    public static Surroundings OfProcess() => new(
        Console.In, Console.Out, Console.Error, Environment.GetEnvironmentVariable, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
        !Console.IsInputRedirected && !Console.IsErrorRedirected, TimeProvider.System);

    /// <summary>A folder of the user's, by its variable of the XDG base directories.</summary>
    public string FolderOf(string variable, string usual) =>
        Path.Combine(Variable(variable) is { Length: > 0 } named ? named : Path.Combine(Home, usual), "federation");

    /// <summary>The path with <c>~</c> written out, seen from a folder.</summary>
    public string PathOf(string path, string from) =>
        path.StartsWith("~/", StringComparison.Ordinal) ? Path.Combine(Home, path[2..]) : Path.GetFullPath(path, from);
}
