namespace Federation.Harness.Images;

/// <summary>An ingress: Debian's nginx, with the libraries that it needs. <c>ingress FILE</c> serves by that configuration, whatever it becomes.</summary>
internal static class IngressImage
{
    internal const string Reference = "localhost/federation/ingress:1";

    /// <summary>Writes the archive into a folder and returns its path.</summary>
    internal static async Task<string> WriteAsync(string nginx, string folder, CancellationToken cancellation)
    {
        var entries = await LinkedPrograms.PackAsync([nginx], cancellation);
        var path = Path.Combine(folder, "ingress.tar");
        ImageArchive.Write(path, Reference,
            [
                .. entries, .. LinkedPrograms.RootAlone, new ImageEntry("bin/busybox", ImageEntry.Executable, await File.ReadAllBytesAsync("/bin/busybox", cancellation)),
                new ImageEntry("bin/ingress", ImageEntry.Executable, BusyboxImages.Script("ingress.sh")),
                .. new[] { "sh", "cat", "sleep", "kill" }.Select(name => new ImageEntry($"bin/{name}", ImageEntry.Executable, LinkTo: "busybox")),
            ],
            new ImageProgram(["/bin/ingress"], "0:0", [8080]));
        return path;
    }
}
