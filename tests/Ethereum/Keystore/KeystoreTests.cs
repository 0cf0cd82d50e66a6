using System.Text;
using Federation.Ethereum.Keystore;
using Federation.Ethereum.Signing;
using Federation.Ethereum.Tests.Tools;

namespace Federation.Ethereum.Tests.Keystore;

public sealed class KeystoreTests
{
    private const string Password = "pässword 1";

    // Source: Web3 Secret Storage Definition, test vectors.
    private const string Pbkdf2File = """
        {"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"6087dab2f9fdbbfaddc31a909735c1e6"},"ciphertext":"5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46","kdf":"pbkdf2","kdfparams":{"c":262144,"dklen":32,"prf":"hmac-sha256","salt":"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},"mac":"517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"},"id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}
        """;

    private const string ScryptFile = """
        {"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"83dbcc02d8ccb40e466191a123791e0e"},"ciphertext":"d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c","kdf":"scrypt","kdfparams":{"dklen":32,"n":262144,"p":8,"r":1,"salt":"ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19"},"mac":"2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097"},"id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}
        """;

    // Source: RFC 7914, section 12.
    [Theory]
    [InlineData("", "", 16, 1, 1, "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906")]
    [InlineData("password", "NaCl", 1024, 8, 16, "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640")]
    [InlineData("pleaseletmein", "SodiumChloride", 16384, 8, 1, "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887")]
    public void Scrypt_KnownInputs_GiveTheKnownKeys(string password, string salt, int n, int r, int p, string expected) =>
        Assert.Equal(expected, Convert.ToHexStringLower(Scrypt.DeriveKey(Encoding.UTF8.GetBytes(password), Encoding.UTF8.GetBytes(salt), n, r, p, 64)));

    [Theory]
    [InlineData(Pbkdf2File)]
    [InlineData(ScryptFile)]
    public void Decrypt_StandardsFiles_GiveTheStandardsKey(string file)
    {
        using var expected = LocalSigner.FromHex("0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d");
        using var opened = KeystoreFile.Decrypt(file, "testpassword");
        Assert.Equal(expected.Address, opened.Address);
    }

    [Fact]
    public async Task Decrypt_FileMadeByCast_OpensIt()
    {
        var folder = Directory.CreateTempSubdirectory("keystore");
        try
        {
            await Cast.RunAsync("wallet", "import", "it", "--private-key", Anvil.Key, "--keystore-dir", folder.FullName, "--unsafe-password", Password);
            using var opened = KeystoreFile.Decrypt(await File.ReadAllTextAsync(Path.Combine(folder.FullName, "it")), Password);
            Assert.Equal(Anvil.Account, opened.Address);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Encrypt_OpenedByCast_SignsAsTheSameAddress()
    {
        using var signer = LocalSigner.Generate();
        var folder = Directory.CreateTempSubdirectory("keystore");
        try
        {
            var file = Path.Combine(folder.FullName, "ours");
            await File.WriteAllTextAsync(file, KeystoreFile.Encrypt(signer, Password, n: 1024));
            Assert.Equal(signer.Address.ToString(), await Cast.RunAsync("wallet", "address", "--keystore", file, "--password", Password));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Decrypt_WrongPassword_SaysSo()
    {
        using var signer = LocalSigner.Generate();
        var file = KeystoreFile.Encrypt(signer, Password, n: 2);
        var fault = Assert.Throws<KeystoreException>(() => KeystoreFile.Decrypt(file, "another"));
        Assert.Contains("password is wrong", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("another", fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Decrypt_TruncatedAnywhere_OnlyThrowsKeystoreException()
    {
        for (var length = 0; length < Pbkdf2File.Length - 1; length++)
            Assert.Throws<KeystoreException>(() => KeystoreFile.Decrypt(Pbkdf2File[..length], "testpassword"));
    }

    [Theory]
    [InlineData("\"n\":262144", "\"n\":1073741824", "MiB")]
    [InlineData("\"n\":262144", "\"n\":9223372036854775807", "power of two")]
    [InlineData("\"n\":262144", "\"n\":4611686018427387904", "MiB")]
    [InlineData("\"n\":262144", "\"n\":0", "power of two")]
    [InlineData("\"r\":1", "\"r\":2147483647", "MiB")]
    [InlineData("\"r\":1", "\"r\":-1", "r must")]
    [InlineData("\"p\":8", "\"p\":1000000", "p from")]
    [InlineData("\"dklen\":32", "\"dklen\":16", "dklen")]
    [InlineData("\"version\":3", "\"version\":1", "version 1")]
    [InlineData("aes-128-ctr", "aes-256-gcm", "cipher")]
    [InlineData("\"kdf\":\"scrypt\"", "\"kdf\":\"argon2\"", "argon2")]
    [InlineData("83dbcc02", "83db", "iv")]
    [InlineData("d172bf74", "", "ciphertext")]
    [InlineData("d172bf74", "zzzzzzzz", "hex")]
    [InlineData("\"n\":262144,", "", "JSON")]
    public void Decrypt_AbsurdOrUnsupported_NamesTheFault(string from, string to, string words)
    {
        var fault = Assert.Throws<KeystoreException>(() => KeystoreFile.Decrypt(ScryptFile.Replace(from, to, StringComparison.Ordinal), "testpassword"));
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decrypt_AddressOfAnotherKey_IsRefused()
    {
        using var signer = LocalSigner.Generate();
        var file = KeystoreFile.Encrypt(signer, Password, n: 2);
        var other = file.Replace(Convert.ToHexStringLower(signer.Address.Span), Convert.ToHexStringLower(Address.Zero.Span), StringComparison.Ordinal);
        Assert.Contains("address in the file", Assert.Throws<KeystoreException>(() => KeystoreFile.Decrypt(other, Password)).Message, StringComparison.Ordinal);
    }
}
