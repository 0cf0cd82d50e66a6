using Federation.Cli.Commands;

namespace Federation.Cli.Tests;

/// <summary>What a command came to.</summary>
public sealed record Ran(int Code, string Out, string Error)
{
    public override string ToString() => $"exit {Code}\n{Out}{Error}";
}

/// <summary>A user with a folder of their own and an environment of their own, and nobody before the terminal.</summary>
public sealed class Shell : IDisposable
{
    public string Home { get; } = Directory.CreateTempSubdirectory("federation-cli-").FullName;

    public Dictionary<string, string> Variables { get; } = [];

    public string Input { get; set; } = "";

    public bool IsTerminal { get; set; }

    public string PathOf(string name) => Path.Combine(Home, name);

    public string Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(name))!);
        File.WriteAllText(PathOf(name), text);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(PathOf(name), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return PathOf(name);
    }

    public async Task<Ran> RunAsync(params string[] args)
    {
        using StringWriter output = new(), error = new();
        var code = await CommandLine.RunAsync(Patient(args), Here(output, error));
        return new Ran(code, output.ToString(), error.ToString());
    }

    public void Dispose() => Directory.Delete(Home, recursive: true);

    // The datacenters that are asked are played in this process, beside a chain and a cluster: on a busy machine they may take longer than real ones should.
    private static string[] Patient(string[] args) =>
        args is ["quote" or "create", ..] && !args.Contains("--ask-timeout") ? [.. args, "--ask-timeout", "60s"] : args;

    internal Surroundings Here(TextWriter output, TextWriter error) => new(new StringReader(Input), output, error, Variables.GetValueOrDefault, Home, IsTerminal, TimeProvider.System);
}
