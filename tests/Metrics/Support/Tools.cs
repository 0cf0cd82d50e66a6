namespace Federation.Metrics.Tests.Support;

/// <summary>Programs that these tests run.</summary>
internal static class Tools
{
    public static string Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Append(Environment.GetEnvironmentVariable("FEDERATION_TOOLS") ?? "")
            .Where(folder => folder.Length > 0)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists)
        ?? throw new FileNotFoundException($"'{name}' is not installed: run `make tools`");
}
