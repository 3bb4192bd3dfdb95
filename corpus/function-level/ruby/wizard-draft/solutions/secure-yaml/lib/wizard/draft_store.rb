# frozen_string_literal: true

require "base64"
require "yaml"
require_relative "draft"

module Wizard
  # Drafts as tokens: YAML that may name two classes, of which both are plain values.
  module DraftStore
    KEYS = %w[answers form started_on step].freeze

    def self.dump(draft)
      data = draft.to_h.transform_keys(&:to_s)
      Base64.urlsafe_encode64(YAML.dump(data), padding: false)
    end

    def self.load(token)
      raise InvalidDraft, "no token" unless token.match?(/\A[\w-]+\z/)

      text = Base64.urlsafe_decode64(token).force_encoding(Encoding::UTF_8)
      data = YAML.safe_load(text, permitted_classes: [Symbol, Date])
      raise InvalidDraft, "no draft" unless data.is_a?(Hash) && data.keys.sort_by(&:to_s) == KEYS
      raise InvalidDraft, "no answers" unless data["answers"].is_a?(Hash) && data["started_on"].is_a?(Date)

      Draft.new(**data.transform_keys(&:to_sym))
    rescue Psych::Exception, ArgumentError, EncodingError => e
      raise InvalidDraft, e.message
    end
  end
end
