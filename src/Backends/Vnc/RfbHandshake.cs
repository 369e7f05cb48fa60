using System;
using System.Security.Cryptography;
using System.Text;
using System.Threading;
using Doppel.Backends.Vnc.Wire;
using Doppel.Host;

namespace Doppel.Backends.Vnc;

/// <summary>The opening of the protocol up to ClientInit (RFC 6143, 7.1 to 7.3.1; versions 3.3 and 3.7 as in its appendix A). The client's thread.</summary>
internal sealed class RfbHandshake
{
    private const int VersionBytes = 12;
    private const int ChallengeBytes = 16;

    private static readonly TimeSpan FailurePause = TimeSpan.FromSeconds(1);

    private readonly RfbReader _from;
    private readonly RfbWriter _to;
    private readonly byte[]? _password;

    internal RfbHandshake(RfbReader from, RfbWriter to, byte[]? password) => (_from, _to, _password) = (from, to, password);

    /// <summary>Minor version that both speak: 3, 7 or 8.</summary>
    internal int Version { get; private set; }

    /// <summary>Agrees on the version, and lets the client in.</summary>
    /// <exception cref="RfbProtocolException">It is no RFB client, or has the wrong password.</exception>
    internal void Run()
    {
        _to.Write("RFB 003.008\n"u8);
        _to.Flush();
        Span<byte> version = stackalloc byte[VersionBytes];
        _from.ReadExactly(version);
        Version = Parse(version);
        AgreeOnSecurity();
        if (_password is null)
        {
            Accept();
        }
        else
        {
            Authenticate(_password);
        }

        // ClientInit: whether others may stay; they may.
        _ = _from.ReadByte();
    }

    /// <summary>Tells the client what it will see (7.3.2).</summary>
    internal void WriteServerInit(int width, int height, string name)
    {
        const int MaxNameBytes = 256;
        _to.WriteU16(width);
        _to.WriteU16(height);
        PixelFormat.Native.Write(_to.Take(PixelFormat.LengthBytes));
        ReadOnlySpan<byte> bytes = Encoding.UTF8.GetBytes(name);
        bytes = bytes[..Math.Min(bytes.Length, MaxNameBytes)];
        _to.WriteU32((uint)bytes.Length);
        _to.Write(bytes);
        _to.Flush();
    }

    // Versions between those that exist count as 3.3, later ones as 3.8.
    private static int Parse(ReadOnlySpan<byte> text)
    {
        bool isVersion = text.StartsWith("RFB "u8) && text[7] == '.' && text[11] == '\n' && IsNumber(text[4..7]) && IsNumber(text[8..11]);
        if (!isVersion)
        {
            throw new RfbProtocolException("does not speak RFB");
        }

        int major = int.Parse(text[4..7]);
        int minor = int.Parse(text[8..11]);
        return (major, minor) switch
        {
            ( < 3, _) => throw new RfbProtocolException($"speaks RFB {major}.{minor}, which nobody does"),
            (3, < 7) => 3,
            (3, 7) => 7,
            _ => 8,
        };
    }

    private static bool IsNumber(ReadOnlySpan<byte> digits) => !digits.ContainsAnyExceptInRange((byte)'0', (byte)'9');

    private void AgreeOnSecurity()
    {
        byte type = _password is null ? RfbNumbers.SecurityNone : RfbNumbers.SecurityVncAuthentication;
        if (Version == 3)
        {
            _to.WriteU32(type);
            _to.Flush();
            return;
        }

        _to.WriteByte(1);
        _to.WriteByte(type);
        _to.Flush();
        if (_from.ReadByte() is var chosen && chosen != type)
        {
            Refuse("That security type was not offered.");
            throw new RfbProtocolException($"chose security type {chosen}, which was not offered");
        }
    }

    private void Authenticate(byte[] password)
    {
        byte[] challenge = new byte[ChallengeBytes];
        Entropy.Fill(challenge);
        _to.Write(challenge);
        _to.Flush();
        byte[] answer = new byte[ChallengeBytes];
        _from.ReadExactly(answer);
        if (!CryptographicOperations.FixedTimeEquals(answer, DesCipher.Answer(password, challenge)))
        {
            // Guessing takes its time.
            Thread.Sleep(FailurePause);
            Refuse("Wrong password.");
            throw new RfbProtocolException("gave a wrong password");
        }

        _to.WriteU32(0);
        _to.Flush();
    }

    private void Accept()
    {
        if (Version == 8)
        {
            _to.WriteU32(0);
            _to.Flush();
        }
    }

    private void Refuse(string reason)
    {
        _to.WriteU32(1);
        if (Version == 8)
        {
            _to.WriteU32((uint)reason.Length);
            _to.Write(Encoding.ASCII.GetBytes(reason));
        }

        _to.Flush();
    }
}
