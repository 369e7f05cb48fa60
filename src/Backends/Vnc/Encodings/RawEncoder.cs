using Doppel.Backends.Vnc.Wire;

namespace Doppel.Backends.Vnc.Encodings;

/// <summary>Raw encoding: the pixels, row by row (RFC 6143, 7.7.1).</summary>
internal static class RawEncoder
{
    internal static void Write(ScreenPicture picture, ScreenArea area, PixelTranslation translation, RfbWriter to)
    {
        to.WriteRectangle(area, RfbNumbers.Raw);
        int rowBytes = area.Width * translation.BytesPerPixel;
        for (int y = area.Y; y < area.Y + area.Height; y++)
        {
            translation.WriteRow(picture.Row(y).Slice(area.X, area.Width), to.Take(rowBytes));
        }
    }
}
