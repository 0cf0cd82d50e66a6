namespace Federation.Architecture.Tests;

internal static class Repository
{
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>C# files below a folder, built ones left out.</summary>
    public static IEnumerable<string> Sources(params string[] parts) =>
        Directory.EnumerateFiles(PathOf(parts), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Split(Path.DirectorySeparatorChar).Any(p => p is "obj" or "bin" or "node_modules"));

    /// <summary>Text files that belong to the repository, from its root and with slashes; what is built or fetched is left out.</summary>
    public static IReadOnlyList<string> Texts() => [.. Below(Root).Where(IsText).Select(f => Path.GetRelativePath(Root, f).Replace(Path.DirectorySeparatorChar, '/'))];

    private static IEnumerable<string> Below(string folder) => Directory.EnumerateFiles(folder)
        .Concat(Directory.EnumerateDirectories(folder).Where(d => !IsMade(d)).SelectMany(Below));

    // As .gitignore has it.
    private static bool IsMade(string folder) => Path.GetFileName(folder) is ".git" or ".vs" or ".idea" or "obj" or "bin" or "node_modules" or "artifacts" or "TestResults" or "BenchmarkDotNet.Artifacts" or "coverage"
        || Path.GetRelativePath(Root, folder).Replace(Path.DirectorySeparatorChar, '/') is "contracts/out" or "contracts/cache" or "contracts/broadcast" or "contracts/deployments";

    private static bool IsText(string file)
    {
        // A worktree's .git is a file, and names the place where the repository lies.
        if (Path.GetFileName(file) == ".git") return false;
        using var stream = File.OpenRead(file);
        var head = new byte[1024];
        return !head.AsSpan(0, stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)).Contains((byte)0);
    }

    private static string Find(string folder) => File.Exists(Path.Combine(folder, "Federation.sln"))
        ? folder
        : Find(Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("Federation.sln is in no folder above the tests."));
}
