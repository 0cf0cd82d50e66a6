namespace Federation.Harness.Images;

/// <summary>
/// A database: Debian's PostgreSQL with the libraries that it needs, where the image of <c>crds/samples/request-database.yaml</c> keeps
/// its files, and as the user that runs there.
/// </summary>
internal static class DatabaseImage
{
    internal const string Reference = "localhost/federation/postgresql:1";

    private const string User = "26";

    // Without the compiler for queries, which is five times as large as all the rest.
    private static readonly string[] Modules = ["plpgsql.so", "dict_snowball.so"];

    private static readonly string[] Applets = ["sh", "mkdir", "chmod", "rm", "cat", "echo"];

    /// <summary>Writes the archive into a folder and returns its path.</summary>
    /// <exception cref="HarnessException">PostgreSQL is not installed.</exception>
    internal static async Task<string> WriteAsync(string folder, CancellationToken cancellation)
    {
        var (version, home) = Find();
        List<ImageEntry> entries = [.. await LinkedPrograms.PackAsync([.. new[] { "postgres", "initdb", "psql" }.Select(name => $"{home}/bin/{name}")], cancellation)];
        // A program of /bin looks for its modules in /lib.
        foreach (var module in Modules) entries.Add(await FileAsync($"{home}/lib/{module}", $"lib/{module}", cancellation));
        foreach (var shared in Directory.EnumerateFiles($"/usr/share/postgresql/{version}", "*", SearchOption.AllDirectories).Where(f => !f.Contains("/man/", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
            entries.Add(await FileAsync(shared, shared[1..], cancellation));
        entries.AddRange(
        [
            new("etc/", ImageEntry.Executable),
            new("etc/passwd", ImageEntry.Readable, System.Text.Encoding.ASCII.GetBytes($"root:x:0:0::/:/bin/false\npostgres:x:{User}:{User}::/var/lib/pgsql:/bin/sh\n")),
            new("bin/busybox", ImageEntry.Executable, await File.ReadAllBytesAsync("/bin/busybox", cancellation)),
            new("bin/run-postgresql", ImageEntry.Executable, BusyboxImages.Script("postgresql.sh")),
            .. Applets.Select(name => new ImageEntry($"bin/{name}", ImageEntry.Executable, LinkTo: "busybox")),
        ]);
        var path = Path.Combine(folder, "postgresql.tar");
        ImageArchive.Write(path, Reference, entries, new ImageProgram(["/bin/run-postgresql"], $"{User}:{User}", [5432]));
        return path;
    }

    private static async Task<ImageEntry> FileAsync(string path, string within, CancellationToken cancellation) =>
        new(within, ImageEntry.Executable, await File.ReadAllBytesAsync(path, cancellation));

    private static (string Version, string Home) Find()
    {
        const string All = "/usr/lib/postgresql";
        var home = Directory.Exists(All) ? Directory.EnumerateDirectories(All).Where(d => File.Exists($"{d}/bin/postgres")).Order(StringComparer.Ordinal).LastOrDefault() : null;
        return home is null ? throw new HarnessException("the program postgres is missing: run `make tools`") : (Path.GetFileName(home), home);
    }
}
