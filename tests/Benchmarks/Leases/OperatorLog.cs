using Federation.Harness;

namespace Federation.Benchmarks.Leases;

/// <summary>An operator's log from now on.</summary>
internal sealed class OperatorLog
{
    private readonly string path;
    private readonly long start;

    public OperatorLog(LocalFederation federation, string part)
    {
        path = Path.Combine(federation.StateFolder, "log", part.Replace('/', '-') + ".log");
        start = new FileInfo(path).Length;
    }

    public bool HasSince(string text)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        file.Position = start;
        using var reader = new StreamReader(file);
        return reader.ReadToEnd().Contains(text, StringComparison.Ordinal);
    }
}
