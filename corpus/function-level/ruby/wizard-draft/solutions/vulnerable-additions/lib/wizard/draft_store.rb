# frozen_string_literal: true

require "base64"
require "json"
require "json/add/core"
require_relative "draft"

module Wizard
  # Drafts as tokens: JSON, whose additions keep symbols and dates.
  module DraftStore
    def self.dump(draft)
      Base64.urlsafe_encode64(JSON.generate(pairs(draft.to_h)), padding: false)
    end

    def self.load(token)
      data = JSON.parse(Base64.urlsafe_decode64(token), create_additions: true)
      fields = hashes(data)
      raise InvalidDraft, "no draft" unless fields.is_a?(Hash) && fields.keys == Draft.members

      Draft.new(**fields)
    rescue ArgumentError, TypeError, NoMethodError, JSON::ParserError, EncodingError => e
      raise InvalidDraft, e.message
    end

    # Keys of JSON are texts, so a hash is a list of pairs in it.
    def self.pairs(value)
      case value
      when Hash then { "pairs" => value.map { |pair| pair.map { |it| pairs(it) } } }
      when Array then value.map { |it| pairs(it) }
      else value
      end
    end

    def self.hashes(value)
      case value
      when Hash then value["pairs"].to_h { |key, it| [hashes(key), hashes(it)] }
      when Array then value.map { |it| hashes(it) }
      else value
      end
    end
  end
end
