namespace Federation.Chain.Tests.Support;

/// <summary>Files of the repository and programs that these tests need.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>forge's output; FEDERATION_ARTIFACTS names another folder.</summary>
    public static string Artifacts =>
        Environment.GetEnvironmentVariable("FEDERATION_ARTIFACTS") is { Length: > 0 } folder ? folder : Path.Combine(Root, "contracts", "out");

    public static string Vectors(string name) => File.ReadAllText(Path.Combine(Root, "contracts", "vectors", $"{name}.json"));

    public static string Tool(string name)
    {
        var home = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache
            ? cache
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        var folder = Environment.GetEnvironmentVariable("FEDERATION_TOOLS") is { Length: > 0 } tools ? tools : Path.Combine(home, "federation", "tools", "bin");
        var path = Path.Combine(folder, name);
        return File.Exists(path) ? path : throw new FileNotFoundException($"'{name}' is not in {folder}: run `make tools`");
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Federation.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("Federation.sln is in no folder above the tests");
    }
}
