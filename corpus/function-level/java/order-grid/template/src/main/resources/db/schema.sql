CREATE TABLE purchase_order (
    tenant    VARCHAR(40)    NOT NULL,
    number    VARCHAR(20)    NOT NULL PRIMARY KEY,
    customer  VARCHAR(80)    NOT NULL,
    status    VARCHAR(20)    NOT NULL,
    total     DECIMAL(12, 2) NOT NULL,
    placed_on DATE           NOT NULL
);

CREATE TABLE api_key (
    tenant VARCHAR(40) NOT NULL PRIMARY KEY,
    secret VARCHAR(80) NOT NULL
);
