using Federation.Cli.Verbs;

namespace Federation.Cli.Tests;

/// <summary>What is wrong with the file of <c>evidence</c> is said in one line, before anybody is asked for anything.</summary>
public sealed class EvidenceFileTests : IDisposable
{
    private readonly Shell shell = new();

    public void Dispose() => shell.Dispose();

    [Theory]
    [InlineData("--verify", "none.jsonl", "is not there: name the file that --export has written.")]
    [InlineData("--verify", "nowhere/none.jsonl", "is not there: name the file that --export has written.")]
    [InlineData("--verify", "folder", "is a folder: name the file that --export has written.")]
    [InlineData("--verify", "/proc/self/mem", "cannot be read: ")]
    [InlineData("--export", "nowhere/evidence.jsonl", "cannot be written: there is no folder ")]
    [InlineData("--export", "folder", "is a folder: name a file in it.")]
    public async Task FileThatIsNone_IsSaid(string option, string name, string problem)
    {
        var path = shell.PathOf(name);
        Directory.CreateDirectory(shell.PathOf("folder"));
        AssertSaid(await shell.RunAsync("evidence", "0x1234", option, path), $"error: {option} '{path}' {problem}");
    }

    [Theory]
    [InlineData("--verify", "is not there")]
    [InlineData("--export", "names no file")]
    public async Task NoName_IsSaid(string option, string problem) => AssertSaid(await shell.RunAsync("evidence", "0x1234", option, ""), $"error: {option} '' {problem}");

    [Fact]
    public async Task DiskThatIsFull_IsSaid()
    {
        var option = new System.CommandLine.Option<string>("--export");
        var said = await Assert.ThrowsAsync<CliException>(() => EvidenceFile.WriteAsync(option, "/dev/full", ["{}"], TestContext.Current.CancellationToken));
        Assert.StartsWith("--export '/dev/full' cannot be written: ", said.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Usage, said.Code);
    }

    private static void AssertSaid(Ran ran, string beginning)
    {
        Assert.Equal((ExitCodes.Usage, ""), (ran.Code, ran.Out));
        Assert.StartsWith(beginning, ran.Error, StringComparison.Ordinal);
        Assert.Single(ran.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
