using System.Text.Json;
using Federation.Gateway;

namespace Federation.Cli.Access;

/// <summary>Credentials that are good still: kubectl asks for one at each call, and a sign-in takes a second.</summary>
/// <param name="folder">Readable by its user alone.</param>
internal sealed class CredentialCache(string folder, TimeProvider clock)
{
    // A command that begins with it shall end with it.
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(2);

    /// <param name="Endpoint">That it was got at: one of another is of no use.</param>
    /// <param name="Authority">PEM that the gateway's certificate was trusted by; empty: the system's own.</param>
    public sealed record Kept(string Endpoint, string Token, DateTimeOffset Ends, string Address, string Server, IReadOnlyList<string> Namespaces, string Authority)
    {
        /// <summary>When the datacenter last showed that it knows it.</summary>
        public DateTimeOffset Seen { get; init; }

        public SignInGrant Grant => new(Token, Ends, Address, Server, Namespaces);

        public override string ToString() => $"credential of {Address} until {Ends:u}";
    }

    public Kept? Find(string key, Uri endpoint)
    {
        try
        {
            return File.Exists(FileOf(key)) && JsonSerializer.Deserialize<Kept>(File.ReadAllText(FileOf(key))) is { } kept && kept.Endpoint == endpoint.AbsoluteUri && kept.Ends - clock.GetUtcNow() > Margin ? kept : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            // One that cannot be read is one that is not there: another sign-in gets another.
            return null;
        }
    }

    public void Keep(string key, Kept credential)
    {
        PrivateFile.EnsureFolder(folder);
        PrivateFile.Write(FileOf(key), JsonSerializer.Serialize(credential));
    }

    public void Forget(string key) => File.Delete(FileOf(key));

    private string FileOf(string key) => Path.Combine(folder, key + ".json");
}

/// <summary>Files that nobody but their owner reads, written whole or not at all.</summary>
internal static class PrivateFile
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static void EnsureFolder(string folder)
    {
        if (Directory.Exists(folder)) return;
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, Owner | UnixFileMode.UserExecute);
    }

    public static void Write(string file, string text)
    {
        var made = $"{file}.{Environment.ProcessId}";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        // There a user's folder is the user's own as it is.
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = Owner;
        using (var stream = new FileStream(made, options))
            stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
        File.Move(made, file, overwrite: true);
    }
}
