using System;
using System.Net;
using System.Text;
using Doppel.Backends.Vnc;
using Doppel.Backends.Vnc.Wire;
using Doppel.Host;

namespace Doppel.Backends.Tests.Vnc;

public sealed class HandshakeTests
{
    [Theory]
    [InlineData("003.003")]
    [InlineData("003.007")]
    [InlineData("003.008")]
    public void Clients_of_three_versions_come_in(string version)
    {
        using VncServer server = new(new VncOptions { Port = 0, Name = "machine 1" }, new RecordingInput());
        using RfbTestClient client = new(server.Port);
        client.Handshake(version);
        Assert.Equal(("RFB 003.008\n", "machine 1"), (client.ServerVersion, client.Name));
        client.Request(isIncremental: false);
        client.ReadUpdate();
        Assert.Equal(2, client.Seen[RfbTestClient.Raw]);
    }

    [Theory]
    [InlineData("003.003")]
    [InlineData("003.007")]
    [InlineData("003.008")]
    public void A_password_lets_in(string version)
    {
        using VncServer server = new(new VncOptions { Port = 0, Password = "secret" }, new RecordingInput());
        using RfbTestClient client = new(server.Port);
        client.Handshake(version, challenge => DesCipher.Answer("secret"u8, challenge));
        client.Request(isIncremental: false);
        client.ReadUpdate();
    }

    [Fact]
    public void A_wrong_password_does_not()
    {
        using VncServer server = new(new VncOptions { Port = 0, Password = "secret" }, new RecordingInput());
        using RfbTestClient client = new(server.Port);
        client.Read(12);
        client.Send("RFB 003.008\n"u8.ToArray());
        Assert.Equal([1, 2], client.Read(2));
        client.Send([2]);
        client.Read(16);
        client.Send(new byte[16]);
        Assert.Equal(1u, client.U32());
        Assert.Equal("Wrong password.", Encoding.ASCII.GetString(client.Read((int)client.U32())));
        Assert.True(client.IsDropped());
        Assert.False(server.IsWatching);
    }

    [Fact]
    public void Security_that_was_not_offered_is_refused()
    {
        using VncServer server = new(new VncOptions { Port = 0, Password = "secret" }, new RecordingInput());
        using RfbTestClient client = new(server.Port);
        client.Read(12);
        client.Send("RFB 003.008\n"u8.ToArray());
        client.Read(2);
        client.Send([1]);
        Assert.Equal(1u, client.U32());
        client.Read((int)client.U32());
        Assert.True(client.IsDropped());
    }

    [Theory]
    [InlineData("133457799BBCDFF1", "0123456789ABCDEF", "85E813540F0AB405")]
    [InlineData("0000000000000000", "0000000000000000", "8CA64DE9C1B123A7")]
    [InlineData("FFFFFFFFFFFFFFFF", "FFFFFFFFFFFFFFFF", "7359B2163E4EDC58")]
    [InlineData("3000000000000000", "1000000000000001", "958E6E627A05557B")]
    [InlineData("7CA110454A1A6E57", "01A1D6D039776742", "690F5B0D9A26939B")]
    [InlineData("0131D9619DC1376E", "5CD54CA83DEF57DA", "7A389D10354BD271")]
    public void Published_vectors_of_DES_hold(string key, string plain, string cipher)
    {
        byte[] block = Convert.FromHexString(plain);
        new DesCipher(Convert.FromHexString(key)).Encrypt(block);
        Assert.Equal(cipher, Convert.ToHexString(block));
    }

    [Fact]
    public void A_port_in_use_is_told_in_one_line()
    {
        using VncServer first = new(new VncOptions { Port = 0 }, new RecordingInput());
        HostException error = Assert.Throws<HostException>(() => new VncServer(new VncOptions { Port = first.Port }, new RecordingInput()));
        Assert.Contains($"port {first.Port} on 127.0.0.1 is in use", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void A_free_port_is_found()
    {
        using VncServer first = new(new VncOptions(), new RecordingInput());
        using VncServer second = new(new VncOptions(), new RecordingInput());
        Assert.InRange(first.Port, 5900, 5999);
        Assert.InRange(second.Port, 5900, 5999);
        Assert.NotEqual(first.Port, second.Port);
    }

    [Fact]
    public void Other_addresses_than_loopback_need_a_password()
    {
        HostException error = Assert.Throws<HostException>(() => new VncServer(new VncOptions { Address = IPAddress.Any, Port = 0 }, new RecordingInput()));
        Assert.Contains("password", error.Message, StringComparison.Ordinal);
        using VncServer server = new(new VncOptions { Address = IPAddress.Any, Port = 0, Password = "x" }, new RecordingInput());
        Assert.NotEqual(0, server.Port);
    }

    [Fact]
    public void An_address_of_another_host_is_refused_in_one_line()
    {
        HostException error = Assert.Throws<HostException>(() => new VncServer(new VncOptions { Address = IPAddress.Parse("192.0.2.1"), Port = 0, Password = "x" }, new RecordingInput()));
        Assert.Contains("does not have the address 192.0.2.1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new VncServer(new VncOptions { Port = 70000 }, new RecordingInput()));
        Assert.Throws<ArgumentOutOfRangeException>(() => new VncServer(new VncOptions { Port = 0, MaxClients = 0 }, new RecordingInput()));
    }
}
