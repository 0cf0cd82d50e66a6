using Federation.Chain.Tests.Support;

namespace Federation.Chain.Tests;

public class BindingFilesTests
{
    [Fact]
    public async Task Generate_FromTheArtifacts_IsWhatIsCommitted()
    {
        var folder = Path.Combine(Repository.Root, BindingFiles.Folder);
        var generated = BindingFiles.Generate(Repository.Artifacts);
        if (Environment.GetEnvironmentVariable("FEDERATION_WRITE_BINDINGS") == "1")
            foreach (var (name, text) in generated) await File.WriteAllTextAsync(Path.Combine(folder, name), text, TestContext.Current.CancellationToken);

        Assert.Equal(generated.Keys.Order(), Directory.GetFiles(folder, "*.g.cs").Select(f => Path.GetFileName(f)).Order());
        foreach (var (name, text) in generated)
            Assert.True(text == await File.ReadAllTextAsync(Path.Combine(folder, name), TestContext.Current.CancellationToken),
                $"{name} has drifted from the contracts; run these tests with FEDERATION_WRITE_BINDINGS=1 and commit it");
    }

    [Fact]
    public void ReadArtifact_NotBuilt_SaysWhatToDo() =>
        Assert.Contains("forge build", Assert.Throws<FileNotFoundException>(() => BindingFiles.ReadArtifact("/nowhere", "Vault")).Message, StringComparison.Ordinal);
}
