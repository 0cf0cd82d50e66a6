using System.Diagnostics;

namespace Federation.Architecture.Tests;

/// <summary>Every package's licence is known and one that this project takes; what is checked in says which; and the script that says so can say no.</summary>
public sealed class LicenceTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("licences-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task EveryLicence_IsKnown_Taken_AndListed()
    {
        var (code, said) = await RunAsync(null);
        Assert.True(code == 0, said);
        Assert.Contains(" 0 faults", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<license type=\"expression\">GPL-3.0-only</license>", "nuget YamlDotNet (operator/Host) is under GPL-3.0-only, which is not among those that this project takes")]
    [InlineData("<license type=\"expression\">MIT AND SSPL-1.0</license>", "is under MIT AND SSPL-1.0")]
    [InlineData("<licenseUrl>https://licence.example</licenseUrl>", "names no licence")]
    [InlineData(null, "is not restored: run dotnet restore")]
    public async Task PackageOfAnotherLicence_IsRefused_AndNamed(string? licence, string expected)
    {
        // The packages as they are, but for one.
        foreach (var package in Directory.GetDirectories(Packages())) if (Path.GetFileName(package) != "yamldotnet") Directory.CreateSymbolicLink(Path.Combine(folder.FullName, Path.GetFileName(package)), package);
        if (licence is not null)
            foreach (var version in Directory.GetDirectories(Path.Combine(Packages(), "yamldotnet")))
                await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(Path.Combine(folder.FullName, "yamldotnet", Path.GetFileName(version))).FullName, "yamldotnet.nuspec"), $"<package><metadata>{licence}</metadata></package>");
        var (code, said) = await RunAsync(folder.FullName);
        Assert.Equal(1, code);
        Assert.Contains(expected, said, StringComparison.Ordinal);
    }

    private static string Packages() => Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } named
        ? named
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    private static async Task<(int Code, string Said)> RunAsync(string? packages)
    {
        var start = new ProcessStartInfo("node", [Repository.PathOf(".ci", "licences")]) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (packages is not null) start.Environment["NUGET_PACKAGES"] = packages;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var said = await process.StandardError.ReadToEndAsync() + await output;
        await process.WaitForExitAsync();
        return (process.ExitCode, said);
    }
}
