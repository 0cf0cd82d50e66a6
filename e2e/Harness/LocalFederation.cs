using System.Text.Json;
using System.Text.Json.Serialization;
using Federation.Harness.Machine;
using Federation.Harness.Starting;

namespace Federation.Harness;

/// <summary>A federation on this machine: its datacenters and its chain. Kept in <c>federation.json</c> of its state folder.</summary>
public sealed record LocalFederation
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public required string StateFolder { get; init; }

    /// <summary>JSON-RPC address of the chain, reachable from the machine, from every datacenter's network namespace and from pods.</summary>
    public required string AnvilUrl { get; init; }

    public required int ChainId { get; init; }

    /// <summary>The machine's address as datacenters and pods see it; null when no datacenter was started.</summary>
    public string? HostAddress { get; init; }

    public required IReadOnlyList<Datacenter> Datacenters { get; init; }

    /// <summary>Folder of the tools (kubectl, helm, forge, cast) that the federation was started with.</summary>
    public required string ToolsFolder { get; init; }

    [JsonIgnore] public string FilePath => PathIn(StateFolder);

    public Datacenter this[string name] => Datacenters.FirstOrDefault(datacenter => datacenter.Name == name)
        ?? throw new HarnessException($"there is no datacenter {name}; there are {string.Join(", ", Datacenters.Select(d => d.Name))}");

    /// <summary>
    /// Starts a federation and waits until it is ready. Cleans up first what a killed run left in the state folder, and
    /// takes everything down again when starting fails or is cancelled.
    /// </summary>
    /// <exception cref="HarnessException">The options, the machine or a part does not allow it; the message says which and why.</exception>
    public static async Task<LocalFederation> UpAsync(FederationOptions options, IProgress<Step>? progress = null, TimeProvider? clock = null, CancellationToken ct = default)
    {
        options.Validate();
        return await new FederationStarter(options with { StateFolder = Path.GetFullPath(options.StateFolder) },
            clock ?? TimeProvider.System, progress ?? new Progress<Step>()).UpAsync(ct);
    }

    /// <summary>Ends and removes a federation, or what is left of one. Does nothing when there is none.</summary>
    public static async Task DownAsync(string stateFolder, TimeProvider? clock = null)
    {
        var folder = Path.GetFullPath(stateFolder);
        if (!StateLock.IsOurs(folder)) return;
        using (StateLock.Take(folder))
        {
            if (Plan.Read(folder)?.NetworkIndex is not null) Preflight.RequireRoot();
            await new Teardown(folder, clock ?? TimeProvider.System).RunAsync();
        }
        File.Delete(Path.Combine(folder, StateLock.FileName));
        if (!Directory.EnumerateFileSystemEntries(folder).Any()) Directory.Delete(folder);
    }

    /// <summary>Reads the federation that was started in a state folder.</summary>
    /// <exception cref="HarnessException">None was, or its start did not end.</exception>
    public static LocalFederation Load(string stateFolder) => TryLoad(stateFolder)
        ?? throw new HarnessException($"no federation is up in {stateFolder}: run `make up`");

    internal static LocalFederation? TryLoad(string stateFolder) => File.Exists(PathIn(stateFolder))
        ? JsonSerializer.Deserialize<LocalFederation>(File.ReadAllText(PathIn(stateFolder)), Format)
        : null;

    internal void Save()
    {
        File.WriteAllText(FilePath + ".new", JsonSerializer.Serialize(this, Format));
        File.Move(FilePath + ".new", FilePath, overwrite: true);
    }

    private static string PathIn(string stateFolder) => Path.Combine(stateFolder, "federation.json");
}
