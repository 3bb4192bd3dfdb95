# frozen_string_literal: true

require "fileutils"
require "rubygems/package"
require "zlib"

# Archives of files that a user chose, written without another program.
module BackupBundle
  class Error < StandardError; end

  def self.pack(folder, names, target)
    raise ArgumentError, "nothing to pack" if names.empty?

    Zlib::GzipWriter.open(target) do |gzip|
      Gem::Package::TarWriter.new(gzip) do |tar|
        names.each do |name|
          content = File.binread(File.join(folder, name))
          tar.add_file_simple(name.b, 0o644, content.bytesize) { |entry| entry.write(content) }
        end
      end
    end
    names.size
  rescue SystemCallError, Gem::Package::Error => e
    FileUtils.rm_f(target)
    raise Error, e.message
  end

  def self.entries(archive)
    Zlib::GzipReader.open(archive) do |gzip|
      Gem::Package::TarReader.new(gzip).map { |entry| entry.full_name.dup.force_encoding(Encoding::UTF_8) }
    end
  rescue SystemCallError, Zlib::Error, Gem::Package::Error => e
    raise Error, e.message
  end
end
