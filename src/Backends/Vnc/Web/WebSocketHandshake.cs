using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Doppel.Backends.Vnc.Web;

/// <summary>
/// The opening of a WebSocket connection (RFC 6455, 4.2). A page on the web can make the browser connect to this host, so pages from elsewhere are
/// refused by their Origin, and names that were made to point here by their Host.
/// </summary>
internal static class WebSocketHandshake
{
    private const int MaxBytes = 8192;
    private const string About = "A VNC server for WebSocket clients such as noVNC.\n";
    private const string Salt = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    /// <summary>Reads the request and answers it. False: it was refused, with an answer that says why.</summary>
    /// <exception cref="InvalidDataException">It is no HTTP request of reasonable size.</exception>
    internal static bool Accept(Stream stream, IReadOnlyList<string> allowedOrigins, bool isLocal)
    {
        Dictionary<string, string> headers = ReadRequest(stream);
        string? refusal = Examine(headers, allowedOrigins, isLocal);
        if (refusal is not null)
        {
            Send(stream, $"HTTP/1.1 {refusal}\r\nContent-Type: text/plain\r\nContent-Length: {About.Length}\r\nSec-WebSocket-Version: 13\r\nConnection: close\r\n\r\n"
                + About);
            return false;
        }

        string protocol = HasToken(headers, "Sec-WebSocket-Protocol", "binary") ? "Sec-WebSocket-Protocol: binary\r\n" : string.Empty;
        Send(stream, $"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {AcceptFor(headers["Sec-WebSocket-Key"])}\r\n{protocol}\r\n");
        return true;
    }

    /// <summary>The server's proof that it understood (RFC 6455, 1.3).</summary>
    internal static string AcceptFor(string key) => Convert.ToBase64String(CryptographicOperations.HashData(HashAlgorithmName.SHA1, Encoding.ASCII.GetBytes(key + Salt)));

    private static Dictionary<string, string> ReadRequest(Stream stream)
    {
        // A byte at a time: what follows the request belongs to somebody else.
        byte[] text = new byte[MaxBytes];
        int count = 0;
        while (!text.AsSpan(0, count).EndsWith("\r\n\r\n"u8))
        {
            if (count == MaxBytes || stream.Read(text, count, 1) != 1)
            {
                throw new InvalidDataException("sent no whole HTTP request");
            }

            count++;
        }

        string[] lines = Encoding.Latin1.GetString(text, 0, count).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length == 0 || !lines[0].StartsWith("GET ", StringComparison.Ordinal) || !lines[0].EndsWith(" HTTP/1.1", StringComparison.Ordinal))
        {
            throw new InvalidDataException("sent no HTTP request for a WebSocket");
        }

        Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
        foreach (string line in lines.AsSpan(1))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                headers[line[..colon]] = line[(colon + 1)..].Trim();
            }
        }

        return headers;
    }

    // The status line of a refusal, or null.
    private static string? Examine(Dictionary<string, string> headers, IReadOnlyList<string> allowedOrigins, bool isLocal)
    {
        if (!HasToken(headers, "Upgrade", "websocket") || !HasToken(headers, "Connection", "Upgrade") || headers.GetValueOrDefault("Sec-WebSocket-Version") != "13")
        {
            return "426 Upgrade Required";
        }

        Span<byte> nonce = stackalloc byte[16];
        if (!Convert.TryFromBase64String(headers.GetValueOrDefault("Sec-WebSocket-Key", string.Empty), nonce, out int bytes) || bytes != 16)
        {
            return "400 Bad Request";
        }

        if (isLocal && !IsLocalHost(headers.GetValueOrDefault("Host", string.Empty)))
        {
            return "403 Forbidden";
        }

        return headers.TryGetValue("Origin", out string? origin) && !IsAllowed(origin, allowedOrigins) ? "403 Forbidden" : null;
    }

    private static bool IsAllowed(string origin, IReadOnlyList<string> allowedOrigins)
    {
        foreach (string allowed in allowedOrigins)
        {
            if (string.Equals(allowed, origin, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        int host = origin.IndexOf("://", StringComparison.Ordinal);
        return host > 0 && IsLocalHost(origin[(host + 3)..]);
    }

    // "host", "host:port", "[address]" or "[address]:port".
    private static bool IsLocalHost(string host)
    {
        int colon = host.LastIndexOf(':');
        string name = colon > host.LastIndexOf(']') ? host[..colon] : host;
        return string.Equals(name, "localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(name.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));
    }

    private static bool HasToken(Dictionary<string, string> headers, string name, string token)
    {
        foreach (string part in headers.GetValueOrDefault(name, string.Empty).Split(','))
        {
            if (string.Equals(part.Trim(), token, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static void Send(Stream stream, string text) => stream.Write(Encoding.ASCII.GetBytes(text));
}
