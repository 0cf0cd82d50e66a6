namespace Federation.Harness.Starting;

/// <summary>Writes kubeconfig files.</summary>
internal static class Kubeconfig
{
    internal static void Write(string path, string cluster, string address, string authorityPath, string user, string token)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var authority = Convert.ToBase64String(File.ReadAllBytes(authorityPath));
        File.WriteAllText(path, $$"""
            apiVersion: v1
            kind: Config
            clusters:
            - name: {{cluster}}
              cluster: {server: "https://{{address}}:6443", certificate-authority-data: "{{authority}}"}
            users:
            - name: "{{user}}"
              user: {token: "{{token}}"}
            contexts:
            - name: {{cluster}}
              context: {cluster: {{cluster}}, user: "{{user}}"}
            current-context: {{cluster}}

            """);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
