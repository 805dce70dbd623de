//! Keys under a passphrase: PKCS#8 of both generations, and the `Proc-Type: 4,ENCRYPTED` form of old.
//!
//! The old forms are weak; they are read because they are in use, and never written.

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockDecryptMut, KeyIvInit};
use md5::{Digest, Md5};
use pkcs8::EncryptedPrivateKeyInfo;
use sha1::Sha1;
use zeroize::Zeroizing;

use super::der::{self, tag};
use super::key::KeyError;
use super::pem::Block;

type Plain = Zeroizing<Vec<u8>>;

/// How often PKCS#12 key derivation may hash: enough for any file in use, and no way to keep a reader busy.
const MOST_ITERATIONS: u32 = 10_000_000;

/// Decrypts `ENCRYPTED PRIVATE KEY` to plain PKCS#8.
pub(super) fn pkcs8(der: &[u8], passphrase: &str) -> Result<Plain, KeyError> {
    if let Some(parts) = PbeSha1TripleDes::read(der) {
        return parts.decrypt(passphrase);
    }
    let info = EncryptedPrivateKeyInfo::try_from(der)
        .map_err(|_| KeyError::UnknownEncryption("a PKCS#8 scheme that is not read here".to_owned()))?;
    let document = info.decrypt(passphrase).map_err(|error| match error {
        pkcs8::Error::EncryptedPrivateKey(pkcs8::pkcs5::Error::UnsupportedAlgorithm { oid }) => {
            KeyError::UnknownEncryption(oid.to_string())
        }
        _ => KeyError::WrongPassphrase,
    })?;
    Ok(Zeroizing::new(document.as_bytes().to_vec()))
}

/// Decrypts a block with `Proc-Type` and `DEK-Info` lines.
pub(super) fn legacy(block: &Block, passphrase: &str) -> Result<Plain, KeyError> {
    let info = block.header("DEK-Info").ok_or(KeyError::UnknownEncryption("no `DEK-Info`".to_owned()))?;
    let (cipher, iv) = info.split_once(',').unwrap_or((info, ""));
    let iv = hex(iv.trim()).ok_or(KeyError::UnknownEncryption(format!("{cipher} without its vector")))?;
    let key = |length| legacy_key(passphrase.as_bytes(), &iv, length);
    let der = &block.der;
    match cipher.trim().to_ascii_uppercase().as_str() {
        "AES-128-CBC" => cbc_decrypt::<aes::Aes128>(&key(16), &iv, der),
        "AES-192-CBC" => cbc_decrypt::<aes::Aes192>(&key(24), &iv, der),
        "AES-256-CBC" => cbc_decrypt::<aes::Aes256>(&key(32), &iv, der),
        "DES-EDE3-CBC" => cbc_decrypt::<des::TdesEde3>(&key(24), &iv, der),
        _ => Err(KeyError::UnknownEncryption(cipher.trim().to_owned())),
    }
}

fn cbc_decrypt<C>(key: &[u8], iv: &[u8], data: &[u8]) -> Result<Plain, KeyError>
where
    C: aes::cipher::BlockCipher + aes::cipher::BlockDecryptMut + aes::cipher::KeyInit,
{
    let cipher = cbc::Decryptor::<C>::new_from_slices(key, iv)
        .map_err(|_| KeyError::UnknownEncryption("a vector of the wrong length".to_owned()))?;
    cipher.decrypt_padded_vec_mut::<Pkcs7>(data).map(Zeroizing::new).map_err(|_| KeyError::WrongPassphrase)
}

/// OpenSSL's derivation of old: MD5 over the previous digest, the passphrase and the first eight bytes of the vector.
fn legacy_key(passphrase: &[u8], iv: &[u8], length: usize) -> Plain {
    let salt = iv.get(..8).unwrap_or(iv);
    let mut key = Zeroizing::new(Vec::with_capacity(length + 16));
    let mut last: Option<Zeroizing<[u8; 16]>> = None;
    while key.len() < length {
        let mut hash = Md5::new();
        if let Some(last) = &last {
            hash.update(last.as_slice());
        }
        hash.update(passphrase);
        hash.update(salt);
        let digest = Zeroizing::new(<[u8; 16]>::from(hash.finalize()));
        key.extend_from_slice(digest.as_slice());
        last = Some(digest);
    }
    key.truncate(length);
    key
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0 && !digits.is_empty())?;
    Some(digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}

/// PKCS#8 under `pbeWithSHAAnd3-KeyTripleDES-CBC`, the default of old tools.
struct PbeSha1TripleDes<'a> {
    salt: &'a [u8],
    iterations: u32,
    data: &'a [u8],
}

impl<'a> PbeSha1TripleDes<'a> {
    /// 1.2.840.113549.1.12.1.3
    const OID: &'static [u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01, 0x03];

    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (info, _) = der::expect(tag::SEQUENCE, bytes)?;
        let (algorithm, rest) = der::expect(tag::SEQUENCE, info)?;
        let (data, _) = der::expect(tag::OCTET_STRING, rest)?;
        let (oid, parameters) = der::expect(tag::OID, algorithm)?;
        if oid != Self::OID {
            return None;
        }
        let (parameters, _) = der::expect(tag::SEQUENCE, parameters)?;
        let (salt, rest) = der::expect(tag::OCTET_STRING, parameters)?;
        let (count, _) = der::expect(tag::INTEGER, rest)?;
        let iterations = (count.len() <= 4)
            .then(|| count.iter().fold(0u32, |number, &digit| number << 8 | u32::from(digit)))
            .filter(|iterations| (1..=MOST_ITERATIONS).contains(iterations))?;
        Some(Self { salt, iterations, data })
    }

    fn decrypt(&self, passphrase: &str) -> Result<Plain, KeyError> {
        let key = self.derive(passphrase, 1, 24);
        let iv = self.derive(passphrase, 2, 8);
        cbc_decrypt::<des::TdesEde3>(&key, &iv, self.data)
    }

    /// The derivation of RFC 7292, appendix B, for SHA-1. `purpose` is 1 for a key and 2 for a vector.
    fn derive(&self, passphrase: &str, purpose: u8, length: usize) -> Plain {
        /// Bytes that SHA-1 takes at a time.
        const BLOCK: usize = 64;
        let fill = |bytes: &[u8]| -> Vec<u8> {
            let full = bytes.len().div_ceil(BLOCK) * BLOCK;
            bytes.iter().copied().cycle().take(full).collect()
        };
        let wide: Zeroizing<Vec<u8>> =
            Zeroizing::new(passphrase.encode_utf16().chain([0]).flat_map(u16::to_be_bytes).collect());
        let mut input = Zeroizing::new(fill(self.salt));
        input.extend(fill(&wide));
        let mut derived = Zeroizing::new(Vec::with_capacity(length + 20));
        while derived.len() < length {
            let mut digest =
                Sha1::new().chain_update([purpose; BLOCK]).chain_update(input.as_slice()).finalize();
            for _ in 1..self.iterations {
                digest = Sha1::digest(digest);
            }
            derived.extend_from_slice(&digest);
            let addend: Vec<u8> = digest.iter().copied().cycle().take(BLOCK).collect();
            for block in input.chunks_mut(BLOCK) {
                let mut carry = 1u16;
                for (byte, add) in block.iter_mut().zip(&addend).rev() {
                    let sum = u16::from(*byte) + u16::from(*add) + carry;
                    *byte = sum as u8;
                    carry = sum >> 8;
                }
            }
        }
        derived.truncate(length);
        derived
    }
}
