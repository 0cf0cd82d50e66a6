using System.Text.Json;

namespace Federation.Harness.Machine;

/// <summary>Settings of the whole machine that a kubelet changes. The first federation notes how they were, and the last one to go puts them back.</summary>
internal static class KernelSettings
{
    // Where a machine that starts anew begins without it, as it does with the settings.
    private const string Note = "/run/federation-kernel-settings.json";

    // Ten seconds: who holds it has a few files to read and write.
    private const int MostTries = 500;

    private static readonly string[] Names = ["vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops", "kernel/keys/root_maxkeys", "kernel/keys/root_maxbytes"];

    internal static IReadOnlyDictionary<string, string> Read() =>
        Names.Where(name => File.Exists($"/proc/sys/{name}")).ToDictionary(name => name, name => File.ReadAllText($"/proc/sys/{name}").Trim());

    private static async Task<FileStream> HoldAsync()
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return new FileStream(Note + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (tries < MostTries)
            {
                // Another start or end is at it, for a moment.
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            }
        }
    }

    /// <summary>To be called with a network claimed, and before anything is started on it.</summary>
    internal static async Task KeepAsync()
    {
        await using var held = await HoldAsync();
        if (File.Exists(Note)) return;
        File.WriteAllText(Note + ".new", JsonSerializer.Serialize(Read()));
        File.Move(Note + ".new", Note, overwrite: false);
    }

    /// <summary>Does nothing while another federation has a network.</summary>
    internal static async Task RestoreUnlessUsedAsync()
    {
        await using var held = await HoldAsync();
        if (!File.Exists(Note) || Network.AnyIsClaimed) return;
        foreach (var (name, value) in JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(Note))!)
            if (File.ReadAllText($"/proc/sys/{name}").Trim() != value) File.WriteAllText($"/proc/sys/{name}", value);
        File.Delete(Note);
    }
}
