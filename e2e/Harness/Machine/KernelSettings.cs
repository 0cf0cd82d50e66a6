namespace Federation.Harness.Machine;

/// <summary>Settings of the whole machine that a kubelet changes; they are put back afterwards.</summary>
internal static class KernelSettings
{
    private static readonly string[] Names = ["vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops", "kernel/keys/root_maxkeys", "kernel/keys/root_maxbytes"];

    internal static IReadOnlyDictionary<string, string> Read() =>
        Names.Where(name => File.Exists($"/proc/sys/{name}")).ToDictionary(name => name, name => File.ReadAllText($"/proc/sys/{name}").Trim());

    internal static void Restore(IReadOnlyDictionary<string, string> values)
    {
        foreach (var (name, value) in values)
            if (File.ReadAllText($"/proc/sys/{name}").Trim() != value) File.WriteAllText($"/proc/sys/{name}", value);
    }
}
