using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Federation.Kubernetes.Definitions;

namespace Federation.Cluster.Tests.Support;

/// <summary>Compares manifests with committed files. UPDATE_GOLDEN=1 writes them anew, for review in the diff.</summary>
internal static class Golden
{
    public static void Check(string name, IEnumerable<JsonObject> manifests)
    {
        var text = string.Join("---\n", manifests.Select(m => YamlWriter.Write(m)));
        var path = Path.Combine(Folder(), name + ".yaml");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Folder());
            File.WriteAllText(path, text);
        }

        Assert.True(File.Exists(path), $"{path} is missing: run with UPDATE_GOLDEN=1 and review it.");
        Assert.Equal(File.ReadAllText(path), text);
    }

    /// <summary>Root of the repository, from where this file was compiled.</summary>
    public static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));

    private static string Folder() => Path.Combine(Root(), "tests", "Cluster", "golden");
}
