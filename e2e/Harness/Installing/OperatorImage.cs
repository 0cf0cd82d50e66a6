using System.Security.Cryptography;
using System.Text;
using Federation.Harness.Demo;
using Federation.Harness.Machine;

namespace Federation.Harness.Installing;

/// <summary>The operator's image, as its own script makes it of the operator that was published.</summary>
/// <param name="Version">What it calls itself.</param>
/// <param name="Archive">An OCI archive.</param>
internal sealed record OperatorImage(string Version, string Archive, string Digest)
{
    /// <summary>What it is called on a node that the archive was loaded on.</summary>
    public const string Repository = "localhost/federation/operator";

    /// <summary>The version that the chart installs when nothing else is said.</summary>
    public static string ChartVersion
    {
        get
        {
            const string Key = "appVersion: ";
            return File.ReadLines(Checkout.Built("the chart is", "charts", "federation-operator", "Chart.yaml")).First(l => l.StartsWith(Key, StringComparison.Ordinal))[Key.Length..];
        }
    }

    // What else the script would take from who runs this, and make another image of.
    private static readonly string[] Others = ["REFERENCE", "PUBLISHED", "DEBS", "SOURCE_DATE_EPOCH"];

    /// <summary>Makes it, or takes the one in <c>artifacts/images</c> that was made of the same: packing takes longer than looking.</summary>
    public static async Task<OperatorImage> MakeAsync(string version, CancellationToken cancellation)
    {
        var script = Checkout.Built("the sources are", "operator", "image", "build");
        var published = Path.GetDirectoryName(DemoDatacenter.OperatorProgram)!;
        var folder = Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(published)!, "images", version)).FullName;
        var (archive, madeOf) = (Path.Combine(folder, "federation-operator.tar"), Path.Combine(folder, "made-of"));
        var now = Fingerprint($"{version} {await RevisionAsync(script, cancellation)}", [Path.GetDirectoryName(script)!, published]);
        if (!File.Exists(archive) || !File.Exists(madeOf) || await File.ReadAllTextAsync(madeOf, cancellation) != now)
        {
            // First: what is cut off in the middle of it was made of nothing.
            File.Delete(madeOf);
            await Command.RunAsync("env", [.. Others.SelectMany(name => new[] { "-u", name }), $"VERSION={version}", script, folder], cancellation);
            await File.WriteAllTextAsync(madeOf, now, cancellation);
        }

        return new OperatorImage(version, archive, (await File.ReadAllTextAsync(Path.Combine(folder, "digest"), cancellation)).Trim());
    }

    /// <summary>Of a text, and of every file in some folders: its name and all of its content.</summary>
    internal static string Fingerprint(string text, IReadOnlyList<string> folders)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(text));
        foreach (var folder in folders)
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"\n{Path.GetRelativePath(folder, file)} "));
            hash.AppendData(SHA256.HashData(File.ReadAllBytes(file)));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // The image says of which one it is; sources that came without their history have none.
    private static async Task<string> RevisionAsync(string script, CancellationToken cancellation)
    {
        var head = await Command.TryAsync("git", ["-C", Path.GetDirectoryName(script)!, "rev-parse", "HEAD"], cancellation);
        return head.ExitCode == 0 ? head.Output.Trim() : "unknown";
    }
}
