using System.Runtime.CompilerServices;

namespace Federation.Ethereum.Tests;

/// <summary>Where the checkout is, for golden files.</summary>
internal static class Repository
{
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Here())!, "..", ".."));

    private static string Here([CallerFilePath] string path = "") => path;
}
