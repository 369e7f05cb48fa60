using System;
using System.IO.Compression;
using Doppel.Backends.Vnc.Wire;

namespace Doppel.Backends.Vnc.Encodings;

/// <summary>ZRLE encoding (RFC 6143, 7.7.6): tiles through one zlib stream that lives as long as the client. One thread.</summary>
internal sealed class ZrleEncoder : IDisposable
{
    private readonly ByteSink _packed = new();
    private readonly ZLibStream _zlib;
    private readonly ZrleTile _tile = new();
    private readonly byte[] _plain = new byte[ZrleTile.MaxBytes];

    internal ZrleEncoder() => _zlib = new ZLibStream(_packed, CompressionLevel.Fastest, leaveOpen: true);

    /// <summary>Writes a rectangle. What is packed is held until it is whole, so callers keep areas small.</summary>
    internal void Write(ScreenPicture picture, ScreenArea area, PixelTranslation translation, RfbWriter to)
    {
        _packed.Clear();
        int right = area.X + area.Width;
        int bottom = area.Y + area.Height;
        for (int y = area.Y; y < bottom; y += ZrleTile.Side)
        {
            for (int x = area.X; x < right; x += ZrleTile.Side)
            {
                ScreenArea tile = new(x, y, Math.Min(ZrleTile.Side, right - x), Math.Min(ZrleTile.Side, bottom - y));
                _zlib.Write(_plain, 0, _tile.Encode(picture, tile, translation, _plain));
            }
        }

        // A synchronising flush: the client can unpack the rectangle without what follows.
        _zlib.Flush();
        to.WriteRectangle(area, RfbNumbers.Zrle);
        to.WriteU32((uint)_packed.Written.Length);
        to.Write(_packed.Written);
    }

    public void Dispose() => _zlib.Dispose();
}
