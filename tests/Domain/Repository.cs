namespace Federation.Domain.Tests;

/// <summary>Files of the checkout that tests read: found upwards from the test program.</summary>
internal static class Repository
{
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    public static string Golden(string suite) => Path.Combine(Root, "tests", "Domain", "golden", suite);

    private static string Find(string folder) =>
        File.Exists(Path.Combine(folder, "Federation.sln")) ? folder
        : Path.GetDirectoryName(folder) is { } parent ? Find(parent)
        : throw new DirectoryNotFoundException("Federation.sln is in no folder above the tests.");
}
