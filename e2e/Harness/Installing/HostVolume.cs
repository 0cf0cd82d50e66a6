namespace Federation.Harness.Installing;

/// <summary>The harness provisions no volumes: one lies ready for a claim, as a folder of the node, which is this machine.</summary>
internal static class HostVolume
{
    /// <param name="name">Of the volume; its folder has it too.</param>
    /// <param name="claim">The only one that gets it.</param>
    /// <returns>The folder.</returns>
    public static async Task<string> ProvideAsync(LocalFederation federation, Datacenter datacenter, string name, string size, string accessMode, string space, string claim, CancellationToken cancellation)
    {
        var folder = Directory.CreateDirectory(FolderOf(federation, datacenter, name));
        File.SetUnixFileMode(folder.FullName, (UnixFileMode)0b111_111_111);
        await new Kubectl(federation, datacenter, cancellation: cancellation).ApplyAsync($$"""
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: {{name}} }
            spec:
              capacity: {storage: {{size}} }
              accessModes: [{{accessMode}}]
              persistentVolumeReclaimPolicy: Retain
              claimRef: {apiVersion: v1, kind: PersistentVolumeClaim, namespace: {{space}}, name: {{claim}} }
              hostPath: {path: {{folder.FullName}} }
            """);
        return folder.FullName;
    }

    public static string FolderOf(LocalFederation federation, Datacenter datacenter, string name) => Path.Combine(federation.StateFolder, datacenter.Name, "volumes", name);
}
