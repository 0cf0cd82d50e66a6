namespace Federation.Harness.Images;

/// <summary>The name server of a started datacenter: Debian's dnsmasq, with the libraries that it needs.</summary>
internal static class NamesImage
{
    internal const string Reference = "localhost/federation/names:1";

    /// <summary>Writes the archive into a folder and returns its path.</summary>
    internal static async Task<string> WriteAsync(string dnsmasq, string folder, CancellationToken cancellation)
    {
        var entries = await LinkedPrograms.PackAsync([dnsmasq], cancellation);
        var path = Path.Combine(folder, "names.tar");
        ImageArchive.Write(path, Reference, [.. entries, .. LinkedPrograms.RootAlone], new ImageProgram(["/bin/dnsmasq"], "0:0", [53]));
        return path;
    }
}
